package proxy

import "encoding/binary"

// frames follows a websocket's byte stream from frame to frame, looking at
// nothing but the headers.
type frames struct {
	head    [14]byte
	got     int    // bytes of the header
	payload uint64 // bytes still to come, once the header is complete
	inside  bool   // the header is complete
	closed  bool   // a Close frame has passed whole
}

const opClose = 8

// atEnd reports whether the stream stands between two frames.
func (f *frames) atEnd() bool { return !f.inside && f.got == 0 }

// advance reads all of p.
func (f *frames) advance(p []byte) {
	for len(p) > 0 {
		p = p[f.frame(p):]
	}
}

// frame reads to the end of one frame, or of p, and returns how far it got.
func (f *frames) frame(p []byte) int {
	n := 0
	for !f.inside && n < len(p) {
		f.head[f.got] = p[n]
		f.got++
		n++
		f.header()
	}
	if f.inside {
		step := min(f.payload, uint64(len(p)-n))
		f.payload -= step
		n += int(step)
		if f.payload == 0 {
			f.closed = f.closed || f.head[0]&0x0f == opClose
			f.inside, f.got = false, 0
		}
	}
	return n
}

// header notices when the header is complete.
func (f *frames) header() {
	if f.got < 2 {
		return
	}
	size, length := 2, uint64(f.head[1]&0x7f)
	switch length {
	case 126:
		size += 2
		length = uint64(binary.BigEndian.Uint16(f.head[2:]))
	case 127:
		size += 8
		length = binary.BigEndian.Uint64(f.head[2:])
	}
	if f.head[1]&0x80 != 0 {
		size += 4 // the mask
	}
	if f.got == size {
		f.inside, f.payload = true, length
	}
}

// closeFrame is an unmasked Close frame. The reason is at most 123 bytes.
func closeFrame(code uint16, reason string) []byte {
	frame := []byte{0x80 | opClose, byte(2 + len(reason))}
	frame = binary.BigEndian.AppendUint16(frame, code)
	return append(frame, reason...)
}
