package devserver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/calendsync/devtool/internal/build/gobuild"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/process"
)

// project is what stays the same for a whole run that serves or builds a project.
type project struct {
	locator // without goDir and appDir, which settings may change
	narrator
	environ  []string // as os.Environ gives it
	cache    string   // as in [Options]
	temp     string   // binaries and the manifest; removed at the end
	guardian *process.Guardian
}

// open makes what every build needs: a directory for its files, and the guardian,
// which ends what we started if we cannot. own are directories that the guardian
// removes with ours.
func (p *project) open(self string, own ...string) (err error) {
	if p.temp, err = os.MkdirTemp("", "devtool-"); err != nil {
		return fmt.Errorf("make a directory for the binaries in the one for temporary files (TMPDIR, now %s): %w", os.TempDir(), err)
	}
	if p.guardian, err = process.StartGuardian(self, p.tellGuardian); err != nil {
		return err
	}
	for _, dir := range append(own, p.temp) {
		if _, err := p.guardian.Remove(dir); err != nil {
			return err
		}
	}
	return nil
}

// close frees what open acquired. It may be called after a failed open.
func (p *project) close() error {
	var errs []error
	if p.guardian != nil {
		errs = append(errs, p.guardian.Close())
	}
	if p.temp != "" {
		errs = append(errs, os.RemoveAll(p.temp))
	}
	return errors.Join(errs...)
}

// tellGuardian reports that no guardian process is watching over us, or that one
// is again.
func (p *project) tellGuardian(err error) {
	if err == nil {
		p.remark("the guardian process is back")
		return
	}
	p.tell(policy.Remark{Text: err.Error(), Hint: Hint(err)})
}

// goEnv returns the environment of the go command.
func (p *project) goEnv(cfg *config.Config) []string {
	return append(slices.Clone(p.environ), entries(cfg.Go.Env)...)
}

// goOptions returns what the settings say about the Go lane.
func (p *project) goOptions(cfg *config.Config) gobuild.Options {
	c := cfg.Go
	return gobuild.Options{
		Dir: cfg.GoDir(), Package: cfg.GoPackage(), Tags: c.Tags, Race: c.Race, Debug: c.Debug,
		LDFlags: c.LDFlags, GCFlags: c.GCFlags, Flags: c.GOFlags, Env: p.goEnv(cfg),
		Command: c.Command, Output: c.Output, Fast: c.Fast,
		TempDir: p.temp, Spawn: p.guardian.Start,
	}
}

// bundleMemory returns the file that tells the next run what we wrote to
// web.write_dir.
func (p *project) bundleMemory(name string) string {
	if p.cache == "" {
		return ""
	}
	return filepath.Join(p.cache, name)
}
