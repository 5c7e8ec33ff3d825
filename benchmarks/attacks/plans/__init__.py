"""What the zoos' networks do, domain by domain, before seeds and target labels are drawn."""
