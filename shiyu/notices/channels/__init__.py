"""How each channel hands over one delivery: reach the peer, pass the gate, send, say what came."""
