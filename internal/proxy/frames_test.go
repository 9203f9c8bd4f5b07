package proxy

import (
	"encoding/binary"
	"strings"
	"testing"
)

// wsFrame builds a frame as an app or, masked, a client sends it.
func wsFrame(op byte, masked bool, payload int) []byte {
	var mask byte
	if masked {
		mask = 0x80
	}
	frame := []byte{0x80 | op}
	switch {
	case payload < 126:
		frame = append(frame, mask|byte(payload))
	case payload < 1<<16:
		frame = binary.BigEndian.AppendUint16(append(frame, mask|126), uint16(payload))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, mask|127), uint64(payload))
	}
	if masked {
		frame = append(frame, 1, 2, 3, 4)
	}
	return append(frame, strings.Repeat("x", payload)...)
}

func TestFrames(t *testing.T) {
	t.Parallel()
	var stream []byte
	ends := map[int]bool{0: true}
	for _, masked := range []bool{false, true} {
		for _, payload := range []int{0, 1, 125, 126, 65535, 65536, 0} {
			stream = append(stream, wsFrame(2, masked, payload)...)
			ends[len(stream)] = true
		}
	}
	for _, size := range []int{1, 2, 3, 5, 14, 1000, 1 << 20} {
		var f frames
		for n := 0; n < len(stream); n = min(n+size, len(stream)) {
			if f.atEnd() != ends[n] {
				t.Fatalf("by %d: at byte %d, at the end of a frame: %t", size, n, f.atEnd())
			}
			f.advance(stream[n:min(n+size, len(stream))])
		}
		if !f.atEnd() || f.closed {
			t.Errorf("by %d: after all, %+v", size, f)
		}
	}
	var f frames
	f.advance(wsFrame(opClose, true, 2))
	if !f.closed {
		t.Error("a Close frame went unnoticed")
	}
}

// Whatever comes, frames neither fails nor loses its place.
func FuzzFrames(f *testing.F) {
	f.Add(wsFrame(1, true, 200), uint8(3))
	f.Add([]byte{0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2}, uint8(1))
	f.Add(closeFrame(serviceRestart, "restarting"), uint8(0))
	f.Fuzz(func(t *testing.T, stream []byte, size uint8) {
		var whole, parts frames
		whole.advance(stream)
		for rest := stream; len(rest) > 0; {
			n := min(len(rest), int(size)+1)
			parts.advance(rest[:n])
			rest = rest[n:]
		}
		if whole.atEnd() != parts.atEnd() || whole.payload != parts.payload || whole.closed != parts.closed {
			t.Errorf("in chunks %+v, whole %+v", parts, whole)
		}
	})
}
