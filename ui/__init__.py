"""The desk: what investigators see. It shows what stores and casebook hold, and computes no finding."""
