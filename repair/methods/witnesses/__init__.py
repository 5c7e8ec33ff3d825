"""The default method: a head, a forgetful twin, the pixels and suspicion bear witness."""
