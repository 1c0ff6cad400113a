"""Old helpers of scan."""
