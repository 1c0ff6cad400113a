"""What notebooks see: objects as HTML, and errors without the frames of this package. Loaded when it is used."""
