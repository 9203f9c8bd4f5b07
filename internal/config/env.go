package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/calendsync/devtool/internal/regular"
)

// AppEnv returns the environment base with the variables of App.EnvFiles added
// that it lacks. Later files win over earlier ones, base over all: what was
// exported in the shell was meant. It reads the files at each call.
//
// The files are optional, and many apps also read them themselves: a line that
// cannot be read is a note, never an error.
func (c *Config) AppEnv(base []string) (env []string, notes []Note) {
	outer := envMap(base)
	vars, _, notes := c.readEnvFiles(outer)
	env = slices.Clone(base)
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if _, ok := outer[name]; !ok {
			env = append(env, name+"="+vars[name])
		}
	}
	return env, notes
}

// PageEnv returns the variables that pages may see, those whose names begin as
// web.env_prefix says: of base and, where it lacks them, of the files that it returns, which
// need not exist. Later files win over earlier ones, and the front end's over the
// project's. It reads them at each call.
func (c *Config) PageEnv(base []string, mode string) (vars map[string]string, files []string) {
	outer := envMap(base)
	dirs := []string{c.Root}
	if dir := cmp.Or(c.Web.EnvDir, c.frontEndDir()); dir != c.Root {
		dirs = append(dirs, dir)
	}
	vars = map[string]string{}
	above := func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
	for _, dir := range dirs {
		for _, name := range []string{".env", ".env.local", ".env." + mode, ".env." + mode + ".local"} {
			file := filepath.Join(dir, name)
			files = append(files, file)
			if data, err := regular.ReadFile(file); err == nil {
				found, _ := parseEnvFile(data, outer, above) // whoever starts the app tells the faults
				maps.Copy(vars, found)
			}
		}
	}
	maps.Copy(vars, outer)
	prefixes := c.Web.EnvPrefix
	if len(prefixes) == 0 {
		prefixes = []string{"VITE_"}
	}
	shown := func(name string) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool { return prefix != "" && strings.HasPrefix(name, prefix) })
	}
	maps.DeleteFunc(vars, func(name, _ string) bool { return !shown(name) })
	return vars, files
}

// secretName matches the names of variables that pages should not see.
var secretName = regexp.MustCompile(`(?i)SECRET|PASSW|PRIVATE|CREDENTIAL|TOKEN`)

// PageEnvNotes warns of variables that look like secrets and that pages see.
func (c *Config) PageEnvNotes(base []string, mode string) (notes []Note) {
	if len(c.Web.EntryPoints) == 0 {
		return nil
	}
	vars, _ := c.PageEnv(base, mode)
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if secretName.MatchString(name) {
			notes = append(notes, Note{Text: name + " looks like a secret, and everybody who opens a page can read it: import.meta.env has it",
				Hint: "give it a name that begins otherwise, and let the app use it; web.env_prefix says which names pages see"})
		}
	}
	return notes
}

// frontEndDir returns the directory of the front end: the nearest above its entry
// point that has a package.json, or the project's.
func (c *Config) frontEndDir() string {
	if c.Web.Dir != "" || len(c.Web.EntryPoints) == 0 {
		return cmp.Or(c.Web.Dir, c.Root)
	}
	for dir := filepath.Dir(c.Web.EntryPoints[0]); dir != c.Root && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if info, err := os.Stat(filepath.Join(dir, "package.json")); err == nil && !info.IsDir() {
			return dir
		}
	}
	return c.Root
}

// readEnvFiles returns the variables of all env files, and the file each came
// from.
func (c *Config) readEnvFiles(outer map[string]string) (vars, from map[string]string, notes []Note) {
	vars, from = map[string]string{}, map[string]string{}
	above := func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
	for _, path := range c.App.EnvFiles {
		data, err := regular.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			note := Note{Text: fmt.Sprintf("the env file %s is left out: %v", c.show(path), pathCause(err))}
			if errors.Is(err, regular.ErrKind) {
				note.Hint = "devtool reads env files again at each start, so they must be regular files; start devtool with the variables in its environment instead"
			}
			notes = append(notes, note)
			continue
		}
		found, faults := parseEnvFile(data, outer, above)
		for name, value := range found {
			vars[name], from[name] = value, path
		}
		notes = append(notes, envNotes(c.show(path), faults)...)
	}
	return vars, from, notes
}

// envNotes makes notes of the first few faults of a file: one that is no env
// file at all has many.
func envNotes(file string, faults []envFault) []Note {
	const most = 3
	var notes []Note
	explained := false
	for _, f := range faults[:min(most, len(faults))] {
		note := Note{Text: fmt.Sprintf("%s:%d: %s", file, f.line, f.text)}
		if f.text == faultForm && !explained {
			explained = true
			note.Hint = "put # before a comment, and quotes around a value of several lines"
		}
		notes = append(notes, note)
	}
	if more := len(faults) - most; more > 0 {
		notes[most-1].Text += fmt.Sprintf("; %d more lines below it are skipped as well", more)
	}
	return notes
}

// pathCause is what an error of the file system says beside the path.
func pathCause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// envMap reads an environment as os.Environ gives it. The last entry of a name
// counts.
func envMap(env []string) map[string]string {
	vars := make(map[string]string, len(env))
	for _, entry := range env {
		if name, value, ok := strings.Cut(entry, "="); ok {
			vars[name] = value
		}
	}
	return vars
}

// address completes the public address from PORT and HOST, which hosting
// platforms and other tools set as well: a number and an IP address are meant
// for us, anything else is mentioned and left alone.
func (c *Config) address(env []string) {
	outer := envMap(env)
	vars, from, _ := c.readEnvFiles(outer) // they are shown when the app starts
	for name, path := range from {
		from[name] = name + " in " + filepath.Base(path)
	}
	for _, name := range []string{"PORT", "HOST"} {
		if v, ok := outer[name]; ok {
			vars[name], from[name] = v, name
		}
	}
	if !c.IsSet("server.port") && vars["PORT"] != "" {
		c.takePort(vars["PORT"], from["PORT"])
	}
	if !c.IsSet("server.host") && vars["HOST"] != "" {
		c.takeHost(vars["HOST"], from["HOST"])
	}
	if !c.IsSet("server.strict_port") {
		// A port that somebody chose is where they will look.
		c.Server.StrictPort = c.IsSet("server.port") && c.Server.Port != 0
	}
}

func (c *Config) takePort(text, source string) {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		c.note(fmt.Sprintf("%s is not a port number and is not used: %q", source, text), "--port chooses the port")
		return
	}
	c.Server.Port = int(port)
	c.origins["server.port"] = Origin{Source: source}
}

func (c *Config) takeHost(text, source string) {
	addr, err := netip.ParseAddr(text)
	switch {
	case text == "localhost" || err == nil && !addr.Unmap().IsUnspecified():
		c.Server.Host = text
		c.origins["server.host"] = Origin{Source: source}
	case err == nil:
		c.note(fmt.Sprintf("%s is %s, which is every network, and is not used", source, text),
			"--lan or --host "+text+" opens devtool to the network")
	default:
		c.note(fmt.Sprintf("%s is not an IP address and is not used: %q", source, text), "--host chooses the address")
	}
}

func (c *Config) note(text, hint string) {
	c.Notes = append(c.Notes, Note{Text: text, Hint: hint})
}
