package main

import (
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/calendsync/devtool/internal/policy"
)

// output prints messages and passes the app's own output on. Nobody who has
// something to say waits for the reader.
type output struct {
	terminal
	stdout, stderr *printer    // may be the same one
	json           *jsonStream // nil for people
	screen         *os.File    // the terminal of people; nil if they have none
}

func newOutput(c *cli.Context, e environment, started time.Time) *output {
	getenv := func(name string) string { return lookup(e.env, name) }
	people := newPrinter(e.stderr)
	o := &output{stdout: people, stderr: people}
	if !sameFile(e.stdout, e.stderr) {
		o.stdout = newPrinter(e.stdout)
	}
	if c.Bool("json") {
		o.json = &jsonStream{w: o.stdout}
	}
	tty := isTerminal(e.stderr)
	if tty {
		o.screen, _ = e.stderr.(*os.File)
	}
	o.terminal = terminal{
		out: people, tty: tty, started: started,
		style:   newStyle(colored(c.String("color"), tty, getenv)),
		verbose: c.Bool("verbose"), quiet: c.Bool("quiet"), apart: c.Bool("json"),
	}
	return o
}

// Close prints what still waits, unless its reader is stuck.
func (o *output) Close() {
	o.terminal.Close()
	o.stdout.Close()
	if o.stderr != o.stdout {
		o.stderr.Close()
	}
}

// Tell prints a message for people, and in JSON if that was asked for.
func (o *output) Tell(m policy.Message) {
	o.terminal.Tell(m)
	if o.json != nil {
		o.json.tell(m)
	}
}

// appStdout and appStderr receive the app's lines.
func (o *output) appStdout() io.Writer { return o.app("stdout", o.stdout) }
func (o *output) appStderr() io.Writer { return o.app("stderr", o.stderr) }

func (o *output) app(stream string, plain *printer) io.Writer {
	if o.json == nil {
		return appOutput{plain}
	}
	lines := &jsonStream{w: appOutput{o.stdout}}
	return writerFunc(func(p []byte) (int, error) {
		for line := range strings.Lines(string(p)) {
			lines.write("log", map[string]any{"stream": stream, "text": strings.TrimRight(line, "\r\n")})
		}
		return len(p), nil
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// jsonStream writes one object a line: v, time, type, and the fields of the
// message. Fields are only ever added.
type jsonStream struct{ w io.Writer }

func (j *jsonStream) tell(m policy.Message) {
	fields := map[string]any{}
	if data, err := json.Marshal(m); err == nil {
		_ = json.Unmarshal(data, &fields) // our own structs: always an object
	}
	j.write(m.Type(), fields)
}

func (j *jsonStream) write(kind string, fields map[string]any) {
	fields["v"], fields["type"], fields["time"] = 1, kind, time.Now().Format(time.RFC3339Nano)
	if data, err := json.Marshal(fields); err == nil {
		_, _ = j.w.Write(append(data, '\n')) // a closed pipe is the reader's choice
	}
}

// lookup finds a variable in an environment; the last one wins.
func lookup(env []string, name string) string {
	for _, entry := range slices.Backward(env) {
		if v, ok := strings.CutPrefix(entry, name+"="); ok {
			return v
		}
	}
	return ""
}
