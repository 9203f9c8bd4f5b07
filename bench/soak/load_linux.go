package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

var getKind = kind{name: "GET"}

// load is the clients. Each is a goroutine that asks until stop is called, and
// then ends with its last answer.
type load struct {
	url   string
	mix   mix
	tally *tally

	ending  context.Context
	end     context.CancelFunc
	clients sync.WaitGroup
	ids     atomic.Int64

	mu    sync.Mutex
	taken []string // ids that the app said it took
}

func newLoad(url string, m mix, t *tally) *load {
	l := &load{url: url, mix: m, tally: t}
	l.ending, l.end = context.WithCancel(context.Background())
	return l
}

func startLoad(url string, m mix, t *tally) *load {
	l := newLoad(url, m, t)
	for range m.short {
		l.client(getKind, m.pace, l.get)
		l.client(kind{name: "POST, not to be repeated"}, m.pace, l.post)
	}
	for range m.long {
		l.client(kind{seconds("upload of", m.upload), true}, 0, l.upload)
		l.client(kind{seconds("handler of", m.handler), true}, 0, l.handler)
		l.client(kind{seconds("download of", m.download), true}, 0, l.download)
	}
	l.client(kind{name: "handler that calls its own address"}, m.pace, l.self)
	l.clients.Go(l.abandon)
	for range m.streams {
		l.client(kind{"websocket", true}, 0, l.socket)
		l.client(kind{"event stream", true}, 0, l.events)
	}
	return l
}

func seconds(what string, d time.Duration) string { return fmt.Sprintf("%s %v", what, d) }

// stop lets every client end its request.
func (l *load) stop() {
	l.end()
	l.clients.Wait()
}

// ask is one request of a client; it returns which version answered, if it says.
type ask func(c *http.Client) (version int, f fate, cause string)

func (l *load) client(k kind, pace time.Duration, do ask) {
	l.clients.Go(func() {
		c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
		defer c.CloseIdleConnections()
		for l.ending.Err() == nil {
			ev := event{kind: k, start: time.Now()}
			known := l.tally.known()
			var version int
			version, ev.fate, ev.cause = do(c)
			ev.end = time.Now()
			if ev.fate == answered && version > 0 {
				l.tally.version(version, known)
			}
			l.tally.add(ev)
			if ev.fate == refused { // as fast as possible would measure the client
				pause(l.ending, 10*time.Millisecond)
			}
			pause(l.ending, pace)
		}
	})
}

func pause(ctx context.Context, d time.Duration) {
	if d == 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// whole reads an answer to its end.
func whole(res *http.Response, err error) (body string, f fate, cause string) {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "", refused, err.Error()
	case err != nil:
		return "", broken, err.Error()
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return "", broken, err.Error()
	case res.StatusCode != http.StatusOK:
		return "", told, fmt.Sprintf("%s %.300s", res.Status, data)
	}
	return string(data), answered, ""
}

func (l *load) get(c *http.Client) (version int, f fate, cause string) {
	return number(whole(c.Get(l.url + "/version")))
}

func (l *load) handler(c *http.Client) (version int, f fate, cause string) {
	return number(whole(c.Get(l.url + "/slow?ms=" + fmt.Sprint(l.mix.handler.Milliseconds()))))
}

func (l *load) self(c *http.Client) (version int, f fate, cause string) {
	return number(whole(c.Get(l.url + "/self?ms=50")))
}

// number reads the version that is all of an answer.
func number(body string, f fate, cause string) (int, fate, string) {
	if f != answered {
		return 0, f, cause
	}
	var version int
	if _, err := fmt.Sscanf(body, "%d", &version); err != nil {
		return 0, truncated, fmt.Sprintf("got %q", body)
	}
	return version, answered, ""
}

func (l *load) post(c *http.Client) (version int, f fate, cause string) {
	text := strings.Repeat("0123456789", 200)
	return l.take(c, strings.NewReader(text), sha256.Sum256([]byte(text)))
}

func (l *load) upload(c *http.Client) (version int, f fate, cause string) {
	const pieces = 50
	text := strings.Repeat("0123456789", 100*pieces)
	body := &slowly{text: text, piece: len(text) / pieces, pause: l.mix.upload / pieces}
	return l.take(c, body, sha256.Sum256([]byte(text)))
}

// take posts a body under an id of its own.
func (l *load) take(c *http.Client, body io.Reader, sum [32]byte) (version int, f fate, cause string) {
	id := fmt.Sprint(l.ids.Add(1))
	res, err := c.Post(l.url+"/take?id="+id, "application/octet-stream", body)
	text, f, cause := whole(res, err)
	if f != answered {
		return 0, f, cause
	}
	var got string
	if _, err := fmt.Sscanf(text, "%d %s", &version, &got); err != nil || got != fmt.Sprintf("%x", sum) {
		return 0, truncated, fmt.Sprintf("got %q", text)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken = append(l.taken, id)
	return version, answered, ""
}

// slowly is a body that takes its time.
type slowly struct {
	text  string
	piece int
	pause time.Duration
}

func (s *slowly) Read(p []byte) (int, error) {
	if s.text == "" {
		return 0, io.EOF
	}
	time.Sleep(s.pause)
	n := copy(p, s.text[:min(s.piece, len(s.text))])
	s.text = s.text[n:]
	return n, nil
}

func (l *load) download(c *http.Client) (version int, f fate, cause string) {
	body, f, cause := whole(c.Get(l.url + "/download?ms=" + fmt.Sprint(l.mix.download.Milliseconds())))
	if f != answered {
		return 0, f, cause
	}
	const hash = 2 * sha256.Size
	end := max(0, len(body)-hash)
	if fmt.Sprintf("%x", sha256.Sum256([]byte(body[:end]))) != body[end:] {
		return 0, truncated, fmt.Sprintf("%d bytes", len(body))
	}
	return 0, answered, ""
}

// abandon sends POSTs whose client leaves soon. The app may take them once or
// not at all.
func (l *load) abandon() {
	for l.ending.Err() == nil {
		conn, err := net.Dial("tcp", strings.TrimPrefix(l.url, "http://"))
		if err == nil {
			_, _ = fmt.Fprintf(conn, "POST /take?id=left-%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody", l.ids.Add(1))
			pause(l.ending, rand.N(30*time.Millisecond))
			conn.Close()
		}
		pause(l.ending, l.mix.pace)
	}
}

// unnoted counts what the app said it took and did not note, and what it noted
// twice.
func (l *load) unnoted(ledger []string) (missing, twice int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	times := map[string]int{}
	for _, id := range ledger {
		times[id]++
		if times[id] == 2 {
			twice++
		}
	}
	for _, id := range slices.Clone(l.taken) {
		if times[id] == 0 {
			missing++
		}
	}
	return missing, twice
}
