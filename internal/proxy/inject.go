package proxy

import "io"

const (
	// copySize is the size of the buffers between app and client.
	copySize = 32 << 10
	// prefixSize is how much of a document one read takes while the injector
	// looks for the place of the tag. Most heads fit.
	prefixSize = 4 << 10
)

// injector reads a document with the tag in its place. It passes on at once what
// it reads, except for the few bytes of an undecided token.
type injector struct {
	source io.ReadCloser
	tag    string
	scan   scanner
	gaveUp func() // called at most once, when there is no place for the tag

	buf  []byte
	rest []byte    // of buf, to be scanned again with what follows
	out  [3][]byte // to be passed on, in order
	err  error     // of source, once out is passed on
	done bool      // the place is decided: the rest passes as it is
}

func newInjector(source io.ReadCloser, tag string, scan scanner, gaveUp func()) *injector {
	return &injector{source: source, tag: tag, scan: scan, gaveUp: gaveUp, buf: make([]byte, prefixSize)}
}

func (in *injector) Close() error { return in.source.Close() }

func (in *injector) Read(p []byte) (int, error) {
	for {
		for i, part := range in.out {
			if len(part) > 0 && len(p) > 0 {
				n := copy(p, part)
				in.out[i] = part[n:]
				return n, nil
			}
		}
		if in.err != nil {
			return 0, in.err
		}
		if in.done || len(p) == 0 {
			return in.source.Read(p)
		}
		in.fill()
	}
}

// fill reads once and puts what is decided into out.
func (in *injector) fill() {
	held := copy(in.buf, in.rest)
	n, err := in.source.Read(in.buf[held:])
	b := in.buf[:held+n]
	in.rest, in.err = nil, err

	n, v := in.scan.scan(b, err == io.EOF)
	switch {
	case v == here:
		in.out = [3][]byte{b[:n], []byte(in.tag), b[n:]}
		in.done = true
	case v == never:
		in.out[0], in.done = b, true
		in.gaveUp()
	case err != nil: // cut off; the tag has no place in half a document
		in.out[0] = b
	default:
		in.out[0], in.rest = b[:n], b[n:]
	}
}
