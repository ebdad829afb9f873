"""`python -m bench peers --data DIR`: compares with other libraries, on the same faces, in one run.

Peers are other people's packages. They are installed below runs/peers, in environments of
their own, and are never a dependency of ours. Each row of the table is a process of its own
(`runners/`): faces in, traits, times and memory out. All answers are scored in one place
(`scoring.py`) with the code that scores our own networks.
"""
