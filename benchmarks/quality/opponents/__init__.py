"""Other people's defences, small, to be measured beside ours on the same networks."""
