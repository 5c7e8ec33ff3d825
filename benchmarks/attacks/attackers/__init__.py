"""What attackers do to a network, one module an idea.

Each takes a trained clean network, the attacker's material, backdoors and a recipe of
training, and returns the BadNet; it may change the network that it is given.
"""
