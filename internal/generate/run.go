package generate

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// tailSize is how many bytes of a failed generator's output are kept.
const tailSize = 8 << 10

// pipeDelay bounds the wait for output after a command has ended: what it started
// may hold the pipe.
const pipeDelay = time.Second

// run runs the command to its end. before are the stamps of its outputs.
func (s *Set) run(ctx context.Context, g Generator, before map[string]stamp) *Failure {
	cmd, failure := s.command(ctx, g)
	if failure != nil {
		return failure
	}
	var output tail
	cmd.Stdout, cmd.Stderr = &output, &output
	wait, err := s.options.Spawn(cmd)
	if err == nil {
		err = s.await(g, wait, before)
	}
	if err == nil {
		return nil
	}
	f := Failure{Generator: g.Name, Text: err.Error(), Output: output.String()}
	f.locate(s.options.Dir)
	return &f
}

// locate takes the place and the text of the first complaint that names an
// existing file.
func (f *Failure) locate(dir string) {
	p, ok := locate(f.Output, dir)
	if !ok {
		return
	}
	f.File, f.Line, f.Column = p.file, p.line, p.column
	if p.text != "" {
		f.Text = p.text
	}
}

// tail keeps the last lines of what is written to it.
type tail struct{ buf bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	t.buf.Write(p)
	if t.buf.Len() > 2*tailSize {
		t.buf.Next(t.buf.Len() - tailSize)
		_, _ = t.buf.ReadBytes('\n') // an overlong line is dropped whole
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.ToValidUTF8(t.buf.String(), "�") }

// lookPath finds a program in the PATH of env instead of ours. A program named by
// its path is relative to dir.
func lookPath(name, dir string, env []string) (string, error) {
	if filepath.Base(name) != name {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		return exec.LookPath(name)
	}
	for _, place := range filepath.SplitList(getenv(env, "PATH")) {
		path, err := exec.LookPath(filepath.Join(place, name))
		if err == nil && filepath.IsAbs(path) {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, exec.ErrNotFound)
}

// getenv returns the last value of key, as a process given env would see it.
func getenv(env []string, key string) string {
	for _, entry := range slices.Backward(env) {
		k, v, _ := strings.Cut(entry, "=")
		if k == key || runtime.GOOS == "windows" && strings.EqualFold(k, key) {
			return v
		}
	}
	return ""
}

// await waits for a generator to end, and says so if it seems to wait for changes
// itself: nothing would ever be built.
func (s *Set) await(g Generator, wait func() error, before map[string]stamp) error {
	begun := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- wait() }()
	last, since := before, begun
	written, told := false, false
	tick := time.NewTicker(max(s.pauses.still/5, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-tick.C:
		}
		if told || s.options.Note == nil || time.Since(begun) < s.pauses.still/2 {
			continue
		}
		now := s.outputStamps(g)
		if wrote(last, now) {
			last, since, written = now, time.Now(), true
		}
		switch age := time.Since(begun); {
		case written && age > s.pauses.still && time.Since(since) > s.pauses.still/2:
			s.stillRuns(g, "its outputs are written")
			told = true
		case age > 6*s.pauses.still: // long enough to compile a generator first
			s.stillRuns(g, "nothing is built before it ends")
			told = true
		}
	}
}

func (s *Set) stillRuns(g Generator, state string) {
	s.options.Note(Note{
		Generator: g.Name,
		Text:      fmt.Sprintf("%s still runs, and %s", g.Name, state),
		Hint:      "if it waits for changes by itself, write watch = true in its [[generate]]: " + strings.Join(g.Run, " "),
	})
}

// command makes the command of a generator.
func (s *Set) command(ctx context.Context, g Generator) (*exec.Cmd, *Failure) {
	path, err := lookPath(g.Run[0], s.options.Dir, s.options.Env)
	if err != nil {
		return nil, &Failure{Generator: g.Name, Text: err.Error(), Notes: []string{"install " + g.Run[0] + ", or correct the command: " + strings.Join(g.Run, " ")}}
	}
	args := g.Run[1:]
	if name, ok := toolName(g.Run); ok {
		if tool := s.tool(ctx, name); tool != "" {
			path, args = tool, g.Run[3:]
		}
	}
	return s.commandOf(ctx, path, args), nil
}
