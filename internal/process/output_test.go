package process

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// deadline fails a test that would hang; nothing waits for it to pass.
const deadline = 20 * time.Second

// output is a writer that a test can wait on.
type output struct {
	mu     sync.Mutex
	text   bytes.Buffer
	writes []string
	wrote  chan struct{} // one value if there is something new
}

func newOutput() *output { return &output{wrote: make(chan struct{}, 1)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	o.text.Write(p)
	o.writes = append(o.writes, string(p))
	o.mu.Unlock()
	select {
	case o.wrote <- struct{}{}:
	default:
	}
	return len(p), nil
}

// all returns what was written, by write.
func (o *output) all() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.writes)
}

func (o *output) last() string {
	writes := o.all()
	return writes[len(writes)-1]
}

// await waits until the output matches pattern and returns its groups.
func (o *output) await(t testing.TB, pattern string) []string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	limit := time.After(deadline)
	for {
		o.mu.Lock()
		match, text := re.FindStringSubmatch(o.text.String()), o.text.String()
		o.mu.Unlock()
		if match != nil {
			return match
		}
		select {
		case <-o.wrote:
		case <-limit:
			t.Fatalf("no %q in the output:\n%s", pattern, text)
		}
	}
}

func (o *output) awaitPID(t testing.TB, pattern string) int {
	t.Helper()
	pid, err := strconv.Atoi(o.await(t, pattern)[1])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestLineWriterPassesWholeLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newOutput()
		w := newLineWriter(out, &tail{limit: 1 << 20})
		for _, piece := range []string{"one\ntw", "o\nthree\nfo", "ur", "\n"} {
			io.WriteString(w, piece)
		}
		want := []string{"one\n", "two\nthree\n", "four\n"}
		if got := out.all(); !slices.Equal(got, want) {
			t.Errorf("writes %q, want %q", got, want)
		}
		long := strings.Repeat("x", longLine+1)
		io.WriteString(w, long)
		if got := out.last(); got != long {
			t.Errorf("a long line is held back: last write has %d bytes", len(got))
		}
		io.WriteString(w, "prompt: ")
		if got := out.last(); got != long {
			t.Errorf("the beginning of a line is passed on at once: %q", got)
		}
		_ = sleep(t.Context(), promptDelay) // of the bubble's clock
		synctest.Wait()
		if got := out.last(); got != "prompt: " {
			t.Errorf("after the delay of a prompt the last write is %q", got)
		}
		io.WriteString(w, "the end")
		w.close()
		if got := out.last(); got != "the end" {
			t.Errorf("after close the last write is %q", got)
		}
	})
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("terminal closed") }

func TestLineWriterOutlivesItsReader(t *testing.T) {
	t.Parallel()
	kept := &tail{limit: 100}
	w := newLineWriter(broken{}, kept)
	defer w.close()
	if n, err := io.WriteString(w, "line\n"); n != 5 || err != nil {
		t.Errorf("Write = %d, %v: the app would get SIGPIPE", n, err)
	}
	if got := kept.String(); got != "line\n" {
		t.Errorf("tail %q", got)
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	many := func(prefix string, n int) (lines []string) {
		for i := range n {
			lines = append(lines, fmt.Sprintf("%s %03d\n", prefix, i))
		}
		return lines
	}
	for _, test := range []struct {
		name   string
		writes []string
		want   string
	}{
		{"nothing", nil, ""},
		{"all of it", []string{"a\n", "b"}, "a\nb"},
		{"the end, from a line's start", many("line", 100), strings.Join(many("line", 100)[90:], "")},
		{"one endless line", []string{strings.Repeat("x", 500)}, strings.Repeat("x", 96)},
		{"a panic near the end", append(many("line", 20), "panic: no\n", "\n", "goroutine 1\n"),
			strings.Join(many("line", 20)[12:], "") + "panic: no\n\ngoroutine 1\n"},
		{"the head of a long panic stays", append([]string{"x\npanic: no\n"}, many("goroutine", 100)...),
			"panic: no\ngoroutine 000\ngoroutine 001\ngoroutine \n[1320 bytes left out]\n" + strings.Join(many("goroutine", 100)[97:], "")},
		{"the newest panic counts", append(append([]string{"panic: old\n"}, many("line", 100)...), "fatal error: new\n"),
			strings.Join(many("line", 100)[92:], "") + "fatal error: new\n"},
	} {
		kept := &tail{limit: 96}
		for _, text := range test.writes {
			kept.write([]byte(text))
		}
		if got := kept.String(); got != test.want {
			t.Errorf("%s:\n got %q\nwant %q", test.name, got, test.want)
		}
	}
}

func FuzzTail(f *testing.F) {
	f.Add([]byte("a\nb\npanic: c\nd\n"), 3)
	f.Add(bytes.Repeat([]byte("panic: x\n"), 50), 9)
	f.Fuzz(func(t *testing.T, text []byte, step int) {
		const limit = 64
		kept := &tail{limit: limit}
		for rest := text; len(rest) > 0; {
			n := min(max(step, 1), len(rest))
			kept.write(rest[:n])
			rest = rest[n:]
		}
		got := kept.String()
		if len(got) > limit+len("\n[ bytes left out]\n")+20 {
			t.Errorf("kept %d bytes of at most %d", len(got), limit)
		}
		if len(text) <= limit && got != string(text) {
			t.Errorf("kept %q of %q", got, text)
		}
	})
}
