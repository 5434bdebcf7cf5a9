"""What is done about a situation: policy, arbitration, handoff, revocation."""
