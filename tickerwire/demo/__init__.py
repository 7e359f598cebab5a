"""Nothing in; sample news outlets on loopback, with invented stories, for a first look without internet, out."""
