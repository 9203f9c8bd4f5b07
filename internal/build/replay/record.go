package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Options says how go build was called.
type Options struct {
	Dir     string   // where it ran, absolute
	Env     []string // its environment
	Go      string   // the go command
	Flags   []string // of go build, without -o and -json
	Select  []string // those that go list needs for the same choice of files
	Package string   // the main package
	WorkDir string   // where to keep archives; it need not exist

	// Run runs a command of its own process group to its end. ok is false if it
	// failed; an error means that it could not be run or was cancelled. idle asks
	// for a low priority.
	Run func(ctx context.Context, cmd *exec.Cmd, idle bool) (ok bool, err error)
}

// Record makes the plan of the program that go build just wrote to binary. All
// its commands run at a low priority.
func Record(ctx context.Context, o Options, binary string) (*Plan, error) {
	r := recorder{o}
	began := time.Now()
	env, err := r.environment(ctx)
	if err != nil {
		return nil, err
	}
	packages, err := r.packages(ctx)
	if err != nil {
		return nil, err
	}
	target, err := r.list(ctx, contextFormat, "-find")
	if err != nil {
		return nil, err
	}
	constraints, err := parseContext(target)
	if err != nil {
		return nil, err
	}
	modules, err := r.moduleFiles(ctx, env)
	if err != nil {
		return nil, err
	}
	further := slices.Concat(furtherFiles(o.Dir, env, packages), modules, []string{o.Go})
	tree, err := newTree(ctx, constraints, packages, env["GOMODCACHE"], further)
	if err != nil {
		return nil, err
	}
	if path := tree.after(began); path != "" {
		return nil, Declined(path + " changed while the build was recorded")
	}
	steps, err := r.steps(ctx, packages)
	if err != nil {
		return nil, err
	}
	p := &Plan{options: o, env: env, tree: tree, steps: steps}
	if _, err := p.built(binary); err != nil {
		return nil, err
	}
	if err := p.unmoved(); err != nil {
		return nil, err
	}
	return p, nil
}

// unmoved reports, as an error, whether anything changed since the plan's tree
// was looked at.
func (p *Plan) unmoved() error {
	_, changed, err := p.tree.look()
	if err != nil {
		return err
	}
	if len(changed) > 0 {
		return Declined(changed[0] + " changed while the build was recorded")
	}
	return p.tree.settled()
}

// recorder asks the go command about a build.
type recorder struct{ Options }

// unsupported are flags whose effects the plan would not see.
var unsupported = []string{"-toolexec", "-overlay", "-modfile", "-a", "-n", "-cover", "-covermode", "-coverpkg", "-buildvcs", "-compiler", "-pkgdir", "-linkshared"}

// environment returns the settings of the go command, once it is known that none
// of them hides something from us.
func (r recorder) environment(ctx context.Context) (goEnv, error) {
	stdout, err := r.run(ctx, "env", "-json")
	if err != nil {
		return nil, err
	}
	env := goEnv{}
	if err := json.Unmarshal([]byte(stdout), &env); err != nil {
		return nil, fmt.Errorf("read go env: %w", err)
	}
	for _, flag := range append(strings.Fields(env["GOFLAGS"]), r.Select...) {
		name, value, _ := strings.Cut(strings.Replace(strings.Trim(flag, `'"`), "--", "-", 1), "=")
		if slices.Contains(unsupported, name) && value != "false" {
			return nil, Declined("the build has the flag " + name)
		}
	}
	return env, nil
}

func (r recorder) packages(ctx context.Context) ([]listedPackage, error) {
	stdout, err := r.run(ctx, slices.Concat([]string{"list", "-deps", listedFields}, r.Select, []string{r.Package})...)
	if err != nil {
		return nil, err
	}
	return decodeAll[listedPackage](stdout)
}

// moduleFiles returns the go.mod and go.sum of the modules that people edit, also
// of those without a package in the program: what they require decides about
// versions.
func (r recorder) moduleFiles(ctx context.Context, env goEnv) ([]string, error) {
	mods := []string{env["GOMOD"]}
	if workspace := env["GOWORK"]; workspace != "" && workspace != "off" {
		edited, err := r.edited(ctx, "work", workspace)
		if err != nil {
			return nil, err
		}
		mods = edited.locals(workspace)
	}
	var files []string
	for _, mod := range mods {
		if filepath.Base(mod) != "go.mod" {
			continue
		}
		edited, err := r.edited(ctx, "mod", mod)
		if err != nil {
			return nil, err
		}
		for _, found := range append(edited.locals(mod), mod) {
			files = append(files, found, sumOf(found))
		}
	}
	return files, nil
}

// edited reads a go.mod or go.work.
func (r recorder) edited(ctx context.Context, kind, path string) (moduleFile, error) {
	stdout, err := r.run(ctx, kind, "edit", "-json", path)
	if err != nil {
		return moduleFile{}, err
	}
	var m moduleFile
	if err := json.Unmarshal([]byte(stdout), &m); err != nil {
		return moduleFile{}, fmt.Errorf("read go %s edit: %w", kind, err)
	}
	return m, nil
}

func (r recorder) list(ctx context.Context, format string, flags ...string) (string, error) {
	return r.run(ctx, slices.Concat([]string{"list", "-f", format}, flags, r.Select, []string{r.Package})...)
}

// steps asks what go build would do now, which should be no more than to link,
// and what it would do from nothing.
func (r recorder) steps(ctx context.Context, packages []listedPackage) (steps, error) {
	output := filepath.Join(r.WorkDir, "none") // of no existing program, which could be up to date
	var scripts []script
	for _, flags := range [][]string{{"-n"}, {"-n", "-a"}} {
		args := slices.Concat([]string{"build", "-json"}, r.Flags, flags, []string{"-o", output, r.Package})
		stdout, err := r.run(ctx, args...)
		if err != nil {
			return steps{}, err
		}
		s, err := parseScript(stdout)
		if err != nil {
			return steps{}, err
		}
		scripts = append(scripts, s)
	}
	return makeSteps(scripts[1], scripts[0], packages)
}

func (r recorder) run(ctx context.Context, args ...string) (string, error) {
	cmd := r.command(ctx, r.Env, r.Go, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	ok, err := r.Run(ctx, cmd, true)
	if err == nil && !ok {
		line, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		err = errors.New("go " + args[0] + ": " + line)
	}
	return stdout.String(), err
}
