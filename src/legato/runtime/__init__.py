"""The shell around the line: the only package that knows Faust and librdkafka.

`machine.py` decides, without I/O, what a worker does with what it is told (`facts.py`), and
says it as `commands.py`. `feed`, `producer`, `restore` and `admin` are thin hands on
librdkafka, `line` ties them to the event loop, and `hosting` puts it all into a Faust app.
"""
