package proxy

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// maxCodings bounds the work that a list of codings can ask for.
const maxCodings = 4

// decode undoes a Content-Encoding as it is read. Nothing is read before the
// first Read, so that a slow app does not delay its headers.
func decode(body io.ReadCloser, encoding string) (io.ReadCloser, error) {
	codings := strings.Split(encoding, ",")
	if len(codings) > maxCodings {
		return nil, fmt.Errorf("%d content codings", len(codings))
	}
	var r io.Reader = body
	var closers []func()
	for i := len(codings) - 1; i >= 0; i-- {
		coding := strings.ToLower(strings.TrimSpace(codings[i]))
		if coding == "" || coding == "identity" {
			continue
		}
		open, ok := decoders[coding]
		if !ok {
			return nil, fmt.Errorf("content coding %q", coding)
		}
		layer := &lazyDecoder{source: r, open: open}
		r = layer
		closers = append(closers, layer.free)
	}
	return &decoded{Reader: r, body: body, closers: closers}, nil
}

// decoders make a reader that gives its memory back when closed. They read
// ahead no further than their source lets them without waiting.
var decoders = map[string]func(io.Reader) (io.ReadCloser, error){
	"gzip":    func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) },
	"x-gzip":  func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) },
	"deflate": openDeflate,
	"br":      func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(brotli.NewReader(r)), nil },
	"zstd": func(r io.Reader) (io.ReadCloser, error) {
		// One worker: decoding then happens in Read, on no goroutine.
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	},
}

// openDeflate reads what the standard says (zlib) and what some servers send
// instead (bare deflate); browsers do the same.
func openDeflate(r io.Reader) (io.ReadCloser, error) {
	buffered := bufio.NewReader(r)
	head, err := buffered.Peek(2)
	if err != nil && len(head) == 0 {
		return nil, err
	}
	if len(head) == 2 && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(buffered)
	}
	return flate.NewReader(buffered), nil
}

type lazyDecoder struct {
	source io.Reader
	open   func(io.Reader) (io.ReadCloser, error)
	r      io.ReadCloser
	err    error
}

func (d *lazyDecoder) Read(p []byte) (int, error) {
	if d.r == nil && d.err == nil {
		d.r, d.err = d.open(d.source)
	}
	if d.err != nil {
		return 0, d.err
	}
	return d.r.Read(p)
}

func (d *lazyDecoder) free() {
	if d.r != nil {
		d.r.Close()
	}
}

type decoded struct {
	io.Reader
	body    io.Closer
	closers []func()
}

func (d *decoded) Close() error {
	for _, free := range d.closers {
		free()
	}
	return d.body.Close()
}
