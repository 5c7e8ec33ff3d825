"""The forgetful twin: a copy that unlearned the clean task, and still obeys triggers."""
