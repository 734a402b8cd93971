"""Who is who from image to image, and everything between an estimator and a frame."""
