package typecheck

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/calendsync/devtool/internal/build/group"
	"github.com/calendsync/devtool/internal/problem"
)

// Options says what to check.
type Options struct {
	Root string   // the project's root, absolute: nothing is looked for above it
	Dir  string   // where the TypeScript lives, within Root
	Env  []string // the full environment of the compiler; nil means our own

	// Spawn is as in [gobuild.Options].
	Spawn func(*exec.Cmd) (wait func() error, err error)
}

// Checker is the TypeScript compiler of a project, as a checker: bundling
// drops types without looking at them.
type Checker struct {
	options Options
	dir     string // where tsconfig.json lies
	program string
	args    []string
}

// New finds the compiler that the project has installed and the
// tsconfig.json that governs its sources. It starts nothing; ok tells whether
// both are there.
func New(options Options) (t *Checker, ok bool) {
	if options.Spawn == nil {
		options.Spawn = group.Start
	}
	t = &Checker{options: options, args: []string{"--noEmit", "--watch", "--preserveWatchOutput", "--pretty", "false"}}
	config := findAbove(options.Root, options.Dir, "tsconfig.json")
	if config == "" {
		return nil, false
	}
	t.dir = filepath.Dir(config)
	name := "tsc"
	if runtime.GOOS == "windows" {
		name = "tsc.cmd"
	}
	t.program = findAbove(options.Root, t.dir, filepath.Join("node_modules", ".bin", name))
	// Projects made by Vite name no files in tsconfig.json, only other
	// configurations, which a plain tsc does not follow.
	if app := filepath.Join(t.dir, "tsconfig.app.json"); isFile(app) {
		if text, err := os.ReadFile(config); err == nil && bytes.Contains(text, []byte(`"references"`)) {
			t.args = append(t.args, "--project", app)
		}
	}
	return t, t.program != ""
}

// findAbove returns name in dir or the nearest directory above it, up to root.
func findAbove(root, dir, name string) string {
	for {
		if rel, err := filepath.Rel(root, dir); err != nil || !filepath.IsLocal(rel) {
			return ""
		}
		if file := filepath.Join(dir, name); isFile(file) {
			return file
		}
		if dir == root {
			return ""
		}
		dir = filepath.Dir(dir)
	}
}

// Run checks types, at low priority, and again after each change, until ctx
// ends. report is called with all that is wrong after each check, from one
// goroutine, and must not block for long. The problems are warnings: they never
// stop a build. Run returns an error when the compiler ends by itself.
func (t *Checker) Run(ctx context.Context, report func([]problem.Problem)) error {
	for {
		// The next change may be one that it notices.
		if err := t.watch(ctx, report); !errors.Is(err, errMissed) {
			return err
		}
	}
}

// errMissed ends a compiler that may not have seen all changes: what is saved
// between its reading of a file and its beginning to watch it, it never checks.
var errMissed = errors.New("sources changed before it watched them")

// watch is one life of the compiler.
func (t *Checker) watch(ctx context.Context, report func([]problem.Problem)) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	cmd := group.Command(ctx, t.program, t.args...)
	cmd.Dir = t.dir
	cmd.Env = t.options.Env
	begun, watching := time.Now(), false
	out := &output{report: func(found []problem.Problem) {
		report(locate(t.dir, found))
		if !watching && t.changedSince(begun) {
			end(errMissed)
		}
		watching = true
	}}
	cmd.Stdout, cmd.Stderr = out, out
	wait, err := t.options.Spawn(cmd)
	if err != nil {
		return fmt.Errorf("start %s: %w", t.program, err)
	}
	yield(cmd.Process.Pid)
	err = wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err == nil {
		err = errors.New("it ended")
	}
	return fmt.Errorf("check types with %s: %w: %s", t.program, err, strings.TrimSpace(out.last))
}

// changedSince tells whether a source was saved after a moment. File systems
// stamp with a clock that is some milliseconds behind.
func (t *Checker) changedSince(moment time.Time) bool {
	moment = moment.Add(-10 * time.Millisecond)
	err := filepath.WalkDir(t.dir, func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // gone meanwhile
		case e.IsDir() && file != t.dir && (e.Name() == "node_modules" || strings.HasPrefix(e.Name(), ".")):
			return fs.SkipDir
		case !typed.MatchString(e.Name()):
			return nil
		}
		if info, err := e.Info(); err == nil && info.ModTime().After(moment) {
			return errMissed
		}
		return nil
	})
	return err != nil
}

// typed are the files that the compiler reads.
var typed = regexp.MustCompile(`\.([cm]?[jt]sx?|json)$`)

var (
	typeProblem = regexp.MustCompile(`^(?:(.+)\((\d+),(\d+)\): )?error (TS\d+): (.*)$`)
	typeSummary = regexp.MustCompile(`Found \d+ errors?\. Watching for file changes\.`)
	typeBegin   = regexp.MustCompile(`Starting (?:incremental )?compilation|File change detected`)
)

// output reads what tsc prints without colours.
type output struct {
	report func([]problem.Problem)
	rest   []byte // a line without its end
	found  []problem.Problem
	last   string // the last line with words
}

// maxLine bounds a line: tsc prints whole types.
const maxLine = 1 << 20

func (o *output) Write(p []byte) (int, error) {
	o.rest = append(o.rest, p...)
	for {
		end := bytes.IndexByte(o.rest, '\n')
		if end < 0 && len(o.rest) < maxLine {
			return len(p), nil
		}
		if end < 0 {
			end = len(o.rest) - 1
		}
		o.line(strings.TrimRight(string(o.rest[:end]), "\r"))
		o.rest = o.rest[end+1:]
	}
}

func (o *output) line(line string) {
	m := typeProblem.FindStringSubmatch(line)
	switch {
	case m != nil:
		d := problem.Problem{Source: problem.TSC, Severity: problem.Warning, File: m[1], Text: m[5] + " (" + m[4] + ")"}
		d.Line, _ = strconv.Atoi(m[2]) // empty for problems of no file
		d.Column, _ = strconv.Atoi(m[3])
		o.found = append(o.found, d)
	case typeSummary.MatchString(line):
		found := o.found
		o.found = nil
		o.report(found)
	case typeBegin.MatchString(line):
		o.found = nil
	case strings.HasPrefix(line, "  ") && len(o.found) > 0:
		last := &o.found[len(o.found)-1]
		last.Notes = append(last.Notes, strings.TrimSpace(line))
	}
	if strings.TrimSpace(line) != "" {
		o.last = line
	}
}

// locate gives the problems of tsc, which ran in dir, what a reader needs:
// absolute files, columns in code points, the lines around.
func locate(dir string, found []problem.Problem) []problem.Problem {
	for i, d := range found {
		if d.File == "" {
			continue
		}
		if !filepath.IsAbs(d.File) {
			d.File = filepath.Join(dir, filepath.FromSlash(d.File))
		}
		found[i] = d.At(d.File, d.Line, d.Column, problem.UTF16)
	}
	return found
}

// isFile reports whether name exists and is no directory.
func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}
