"""Images in memory: pixels, camera images and depth images."""
