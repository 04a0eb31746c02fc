"""The portal in one file: every table and every stored file, with checksums, on either database."""
