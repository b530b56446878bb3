import Glibc

/// Slowness of a peer, on the peer's own thread.
func pause(milliseconds: Int) { usleep(UInt32(milliseconds * 1_000)) }
