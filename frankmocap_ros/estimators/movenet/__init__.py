"""MoveNet: single person with the crop that follows from the image before, and several people."""
