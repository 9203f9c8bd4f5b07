package runner

import (
	"fmt"
	"strings"

	"github.com/calendsync/devtool/internal/process"
)

// tellOwnPorts names the addresses that get no requests, once for each choice.
// Which of several addresses is the site is a guess, and a wrong guess shows a
// profiler instead.
func (r *replacement) tellOwnPorts() {
	if text, hint := ownPorts(r.known); text != "" {
		r.remarkOnce(text, hint)
	}
}

// tellDegraded says, once, what generations have to do without on this machine.
func (r *replacement) tellDegraded(err error) {
	if err == nil {
		return
	}
	hint := ""
	if hinted, ok := err.(interface{ Hint() string }); ok {
		hint = hinted.Hint()
	}
	r.remarkOnce(err.Error(), hint)
}

func (r *replacement) remarkOnce(text, hint string) {
	if !r.remarked[text] {
		r.remarked[text] = true
		r.events.Remark(text, hint)
	}
}

func ownPorts(target process.Target) (text, hint string) {
	if len(target.Others) == 0 {
		return "", ""
	}
	text = fmt.Sprintf("the app listens on %s and on %s; requests go to %s",
		target.Addr, strings.Join(target.Others, ", "), target.Addr)
	return text, `if that is the wrong one, let the site listen on ${PORT}, by app.args = ["--addr=127.0.0.1:${PORT}"] or app.env = { ADDR = "127.0.0.1:${PORT}" }, whatever it reads`
}
