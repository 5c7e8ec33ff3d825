"""Labels images with Apache Beam."""
