package devserver

import (
	"fmt"
	"strings"

	"github.com/calendsync/devtool/internal/process"
)

// tellOwnPorts tells once of each address that was passed over: which of several
// an app means is a guess, and a wrong one shows a profiler instead of the site.
// The replacement calls it.
func (s *server) tellOwnPorts(target process.Target) {
	remark, ok := ownPorts(target)
	if ok && !s.choices[remark.Text] {
		if s.choices == nil {
			s.choices = map[string]bool{}
		}
		s.choices[remark.Text] = true
		s.tell(remark)
	}
}

func ownPorts(target process.Target) (remark Remark, ok bool) {
	if len(target.Others) == 0 {
		return Remark{}, false
	}
	return Remark{
		Text: fmt.Sprintf("the app listens on %s and on %s; requests go to %s",
			target.Addr, strings.Join(target.Others, ", "), target.Addr),
		Hint: `if that is the wrong one, let the site listen on ${PORT}, by app.args = ["--addr=127.0.0.1:${PORT}"] or app.env = { ADDR = "127.0.0.1:${PORT}" }, whatever it reads`,
	}, true
}
