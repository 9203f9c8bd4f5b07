package devserver

import (
	"errors"
	"slices"
	"strings"

	"github.com/calendsync/devtool/internal/config"
)

// besideSettings takes the configuration files out of a batch, and tells what
// came of them.
func (s *server) besideSettings(changes []fileChange) []fileChange {
	ours := func(c fileChange) bool { return slices.Contains(s.cfg.Files, c.Path) }
	if i := slices.IndexFunc(changes, ours); i >= 0 {
		name := s.relative(changes[i].Path)
		s.work.Go(func() { s.tell(s.editedSettings(name)) })
	}
	return slices.DeleteFunc(changes, ours)
}

// editedSettings reads the settings anew. Those that run stay until devtool is
// restarted; a mistake is told now rather than then.
func (s *server) editedSettings(name string) Remark {
	if s.opts.Settings == nil {
		return Remark{Text: name + " has changed; restart devtool to apply it"}
	}
	edited, err := s.opts.Settings()
	var mistake *config.Error
	switch {
	case errors.As(err, &mistake):
		return Remark{Text: err.Error(), Hint: strings.TrimPrefix(mistake.Hint+"; the settings before the edit hold", "; ")}
	case err != nil:
		return Remark{Text: err.Error(), Hint: "the settings before the edit hold"}
	}
	changed := edited.Changed(s.opts.Config)
	if len(changed) == 0 {
		return Remark{Text: name + " says what holds already"}
	}
	return Remark{Text: name + ": " + strings.Join(changed, ", ") + " changed; restart devtool to apply it"}
}
