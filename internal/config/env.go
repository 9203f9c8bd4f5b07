package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/joho/godotenv"
)

// EnvFile is an env file and what it holds.
type EnvFile struct {
	Path string
	Data []byte
}

// ReadEnvFiles reads those of App.EnvFiles that exist, the strongest last.
func (c *Config) ReadEnvFiles() ([]EnvFile, error) {
	var files []EnvFile
	for _, path := range c.App.EnvFiles {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the env file: %w", err)
		}
		files = append(files, EnvFile{Path: path, Data: data})
	}
	return files, nil
}

// AppEnv returns the environment base with the variables of the files added
// that it lacks. Later files win over earlier ones, base over all: what was
// exported in the shell was meant. A file that cannot be read as an env file
// is an [*Error].
//
// Within a file, $NAME stands for a variable that the same file set above.
func AppEnv(base []string, files []EnvFile) ([]string, error) {
	vars, _, err := parseEnv(files)
	if err != nil {
		return nil, err
	}
	env := slices.Clone(base)
	real := map[string]bool{}
	for _, entry := range base {
		name, _, _ := strings.Cut(entry, "=")
		real[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if !real[name] {
			env = append(env, name+"="+vars[name])
		}
	}
	return env, nil
}

// parseEnv returns the variables of all files, and the file each came from.
func parseEnv(files []EnvFile) (vars, from map[string]string, err error) {
	vars, from = map[string]string{}, map[string]string{}
	for _, f := range files {
		parsed, err := godotenv.UnmarshalBytes(f.Data)
		if err != nil {
			return nil, nil, envError(f)
		}
		for name, v := range parsed {
			if name == "" || strings.ContainsAny(name, " \t\v\f\x00") || strings.ContainsRune(v, 0) {
				return nil, nil, redacted(locate(f.Path, f.Data, 0, fmt.Sprintf("%q cannot be an environment variable", name), ""))
			}
			vars[name], from[name] = v, f.Path
		}
	}
	return vars, from, nil
}

// envError finds the line that broke an env file. The parser does not tell, and
// quotes the rest of the file, secrets and all, in its message.
func envError(f EnvFile) *Error {
	const text, hint = "not a line of the form NAME=value", "quote a value of several lines"
	start, end := 0, 0 // of the first statement that does not parse
	for line := range strings.Lines(string(f.Data)) {
		end += len(line)
		_, err := godotenv.UnmarshalBytes(f.Data[start:end])
		switch {
		case err == nil:
			start = end
		case !strings.HasPrefix(err.Error(), "unterminated"):
			return redacted(locate(f.Path, f.Data, start, text, hint))
		}
	}
	return redacted(locate(f.Path, f.Data, start, "a quoted value has no end", ""))
}

// redacted drops the excerpt: env files hold secrets, and errors are shown in
// browsers and pasted into chats.
func redacted(e *Error) *Error {
	e.Excerpt = nil
	return e
}

// address completes the public address from PORT and HOST, which hosting
// platforms and other tools set as well: a number and an IP address are meant
// for us, anything else is mentioned and left alone.
func (c *Config) address(env []string) error {
	files, err := c.ReadEnvFiles()
	if err != nil {
		return err
	}
	vars, from, err := parseEnv(files)
	if err != nil {
		return err
	}
	for name, path := range from {
		from[name] = name + " in " + filepath.Base(path)
	}
	for _, entry := range env {
		if name, v, _ := strings.Cut(entry, "="); name == "PORT" || name == "HOST" {
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
	return nil
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
