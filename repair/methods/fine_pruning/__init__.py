"""Fine-pruning: dormant channels go, the rest is fine-tuned on clean images."""
