package runner

import (
	"fmt"
	"strings"
	"time"

	"github.com/calendsync/devtool/internal/process"
)

// tellOwnPorts names the addresses that get no requests, once for each choice.
// Which of several addresses is the site is a guess, and a wrong guess shows a
// profiler instead.
func (h *handover) tellOwnPorts(events Events) {
	if text, hint := ownPorts(h.known); text != "" {
		h.remarkOnce(events, text, hint)
	}
}

// reconsider learns of addresses that app opened after it was ready.
func (h *handover) reconsider(app *generation) {
	h.known = app.Reconsider(h.known)
	h.tellOwnPorts(app.events)
}

// Addresses are looked for after these times, each twice the one before: most
// servers open theirs within seconds, and one that opens at a first use, later.
const (
	firstLook = 500 * time.Millisecond
	lastLook  = 16 * time.Second
)

// watchPorts tells of addresses that app opens late, as long as it serves: the
// site may be at one of them.
func (r *Runner) watchPorts(app *generation) {
	for wait := firstLook; wait <= lastLook; wait *= 2 {
		look := time.NewTimer(wait)
		select {
		case <-look.C:
		case <-app.Done():
		case <-r.stop.Done():
		}
		look.Stop()
		select {
		case h := <-r.handover:
			serves := r.app.Load() == app && app.Exit() == nil
			if serves {
				h.reconsider(app)
			}
			r.handover <- h
			if !serves {
				return
			}
		case <-r.stop.Done():
			return
		}
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
	r.remarkOnce(r.events, err.Error(), hint)
}

func (h *handover) remarkOnce(events Events, text, hint string) {
	if !h.remarked[text] {
		h.remarked[text] = true
		events.Remark(text, hint)
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
