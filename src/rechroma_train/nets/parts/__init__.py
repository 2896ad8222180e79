"""What several nets share: what a net is, layers, and encoders that were trained by others."""
