package devserver

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/calendsync/devtool/internal/editor"
	"github.com/calendsync/devtool/internal/reload"
)

// openLocation opens the place of a problem in an editor, or returns the URL with
// which the page can do so. Pages name a place by an id and never learn its path,
// except through a URL that the settings ask for. The hub calls it.
func (s *server) openLocation(at reload.Location) (string, error) {
	chosen, err := editor.Choose(editor.Options{
		LaunchEditor: s.env("LAUNCH_EDITOR"),
		Setting:      *s.views.editor.Load(),
		Visual:       s.env("VISUAL"),
		Editor:       s.env("EDITOR"),
		Running:      editor.Running,
	})
	if err != nil {
		return "", err
	}
	place := editor.Place{File: at.Path, Path: s.relative(at.Path), Line: at.Line, Column: at.Column}
	if to, err := chosen.URL(place); err != nil || to != "" {
		return to, err
	}
	argv, err := chosen.Command(place) // refuses paths that must not even be looked at
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(at.Path); err != nil || !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is no longer a file", place.Path)
	}
	return "", editor.Start(argv, s.root)
}

// env returns a variable of our own environment. The last one of a name wins.
func (s *server) env(name string) string {
	for _, entry := range slices.Backward(s.environ) {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}
