"""What Redis itself decides, since only there is compare-and-set one step: which record wins.

Each script takes what is to be written as one argument of MessagePack, a list of arrays: Redis
and we take ten arguments a context apart more slowly. So the keys are not declared, which Redis
asks for in a cluster only; rights are asked for key by key all the same.

What comes of records does not depend on the order in which those of different topics are read,
nor on how often they are.
"""
