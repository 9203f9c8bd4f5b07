package config

import (
	"fmt"
	"strings"
)

// Origin says where a setting came from. The zero value is the default.
type Origin struct {
	File   string // absolute
	Line   int    // in File, from 1
	Column int    // from 1, in code points
	Source string // an environment variable, a flag, or "found" for what was discovered

	data   []byte // of File, to show an excerpt
	offset int
}

// IsDefault reports whether nobody set the setting.
func (o Origin) IsDefault() bool { return o.File == "" && o.Source == "" }

func (o Origin) String() string {
	switch {
	case o.File != "":
		return fmt.Sprintf("%s:%d", o.File, o.Line)
	case o.Source != "":
		return o.Source
	}
	return "default"
}

func (o Origin) error(text, hint string) *Error {
	if o.File != "" {
		return locate(o.File, o.data, o.offset, text, hint)
	}
	return &Error{Source: o.Source, Text: text, Hint: hint}
}

// Origin returns where the setting of that key came from. Keys are written as
// "server.port", "app.env.PORT", "rule[0].action"; a key whose own value was
// never written but one within it was, answers with that one's file.
func (c *Config) Origin(key string) Origin { return c.origins[key] }

// IsSet reports whether somebody wrote the setting, to whatever value.
func (c *Config) IsSet(key string) bool { return !c.origins[key].IsDefault() }

// forget drops the origins below key: an array that is written again replaces
// the earlier one as a whole.
func (c *Config) forget(key string) {
	for k := range c.origins {
		if strings.HasPrefix(k, key+"[") {
			delete(c.origins, k)
		}
	}
}
