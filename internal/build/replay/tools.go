package replay

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/calendsync/devtool/internal/build/group"
)

// compile compiles one package and reports whether importers read something else
// of it than before.
func (r *rebuild) compile(ctx context.Context, u unit) (differs bool, err error) {
	if u.awkward != "" {
		return false, Declined(u.pkg + " " + u.awkward)
	}
	r.mu.Lock()
	old, config := r.archives[u.pkg], u.imports.text(r.archives)
	number := len(r.made)
	r.made, r.read = append(r.made, u.pkg), append(append(r.read, u.sources...), u.embeds...)
	r.mu.Unlock()

	made := filepath.Join(r.dir, strconv.Itoa(number)+".a")
	base := filepath.Join(r.scratch, strconv.Itoa(number))
	c := u.compile
	trim, _ := flagValue(c.argv, "-trimpath")
	c.argv = withFlag(c.argv, "-trimpath", strings.ReplaceAll(trim, workDir, r.scratch))
	for _, file := range []struct{ flag, path, text string }{
		{"-importcfg", base + ".import", config}, {"-embedcfg", base + ".embed", u.embed},
	} {
		if err := os.WriteFile(file.path, []byte(file.text), 0o600); err != nil {
			return false, err
		}
		c.argv = withFlag(c.argv, file.flag, file.path)
	}
	c.argv = withFlag(c.argv, "-o", made)
	if err := r.run(ctx, c); err != nil {
		return false, err
	}
	a, differs, err := compiled(made, old)
	if err != nil {
		return false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.archives[u.pkg] = a
	return differs, nil
}

// link links the program and gives it a build id that is equal for equal
// programs.
func (r *rebuild) link(ctx context.Context, binary string) error {
	c := r.steps.link
	main := r.archives[c.pkg]
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q\n", c.argv, c.env, r.steps.linkConfig)
	for _, pkg := range r.steps.linkConfig.packages {
		fmt.Fprintln(h, pkg, r.archives[pkg].id)
	}
	inputs := idOf([sha256.Size]byte(h.Sum(nil)))
	r.buildID = strings.Join([]string{inputs, main.id, main.id, inputs}, "/")

	config := filepath.Join(r.scratch, "link")
	if err := os.WriteFile(config, []byte(r.steps.linkConfig.text(r.archives)), 0o600); err != nil {
		return err
	}
	c.argv = withFlag(withFlag(c.argv, "-o", binary), "-importcfg", config)
	i := slices.IndexFunc(c.argv, func(arg string) bool { return strings.HasPrefix(arg, buildIDFlag) })
	c.argv[i] = buildIDFlag + r.buildID
	c.argv[len(c.argv)-1] = main.path
	if err := r.run(ctx, c); err != nil {
		return err
	}
	return seal(binary, r.buildID)
}

// targetSettings are the settings of the go command on which the code for a
// target depends.
var targetSettings = []string{
	"GOOS", "GOARCH", "GOEXPERIMENT", "GOFIPS140", "GO386", "GOAMD64", "GOARM", "GOARM64", "GOMIPS", "GOMIPS64",
	"GOPPC64", "GORISCV64", "GOWASM",
}

// run runs a tool. One that has something to say, even if it succeeds, must say
// it to go build.
func (r *rebuild) run(ctx context.Context, c command) error {
	env := slices.Clone(r.options.Env)
	for _, name := range targetSettings {
		if value, found := r.env[name]; found {
			env = append(env, name+"="+value)
		}
	}
	for _, name := range []string{"GOTMPDIR", "TMPDIR", "TMP", "TEMP"} {
		env = append(env, name+"="+r.scratch)
	}
	cmd := r.options.command(ctx, append(env, c.env...), c.argv[0], c.argv[1:]...)
	if c.dir != "." {
		cmd.Dir = c.dir
	}
	var output said
	cmd.Stdout, cmd.Stderr = &output, &output
	ok, err := r.options.Run(ctx, cmd, r.idle)
	switch {
	case err != nil:
		return err
	case !ok:
		return Declined("the " + tool(c) + " step of " + c.pkg + " failed")
	case output.anything:
		return Declined("the " + tool(c) + " step of " + c.pkg + " had something to say")
	}
	return nil
}

// said is a writer that remembers only whether anything was written.
type said struct{ anything bool }

func (s *said) Write(p []byte) (int, error) {
	s.anything = s.anything || len(p) > 0
	return len(p), nil
}

// command prepares a command in the directory of the build. Cancelling ctx kills
// its process group.
func (o *Options) command(ctx context.Context, env []string, path string, args ...string) *exec.Cmd {
	cmd := group.Command(ctx, path, args...)
	cmd.Dir = o.Dir
	// With PWD a tool names files by the path the user chose, not by what its
	// symbolic links resolve to; os/exec sets it only without an Env.
	cmd.Env = append(slices.Clone(env), "PWD="+o.Dir)
	return cmd
}
