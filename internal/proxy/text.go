package proxy

import (
	"bytes"
	"io"
)

// textPage shows a text as browsers do, on a page that can take the tag. Go
// programs answer with plain text, by http.Error, when a template or a query
// fails. Without the tag, the tab would never hear of the fix.
func textPage(text io.ReadCloser) io.ReadCloser {
	const lead = `<!doctype html><html><head><meta name="color-scheme" content="light dark"></head>` +
		`<body><pre style="white-space: pre-wrap; overflow-wrap: anywhere">` + "\n" // HTML drops the first newline of a pre
	return &textReader{source: text, escaped: []byte(lead)}
}

// textReader passes on what it reads at once, escaped.
type textReader struct {
	source  io.ReadCloser
	escaped []byte // to be passed on
	err     error  // of source, once escaped is passed on
	buf     [4 << 10]byte
}

func (t *textReader) Close() error { return t.source.Close() }

func (t *textReader) Read(p []byte) (int, error) {
	for len(t.escaped) == 0 {
		if t.err != nil {
			return 0, t.err
		}
		var n int
		n, t.err = t.source.Read(t.buf[:])
		t.escaped = bytes.ReplaceAll(bytes.ReplaceAll(t.buf[:n], []byte("&"), []byte("&amp;")), []byte("<"), []byte("&lt;"))
	}
	n := copy(p, t.escaped)
	t.escaped = t.escaped[n:]
	return n, nil
}
