package devserver

import (
	"runtime/debug"
	"time"
)

// trimAfter is for how long nothing must have been built before memory is given
// back: long enough not to be in the way of the next save.
const trimAfter = 2 * time.Second

// trimLater gives back to the system, once nothing was built for a while, what
// bundling left: several times of what it keeps, which Go would hold on to for
// the next build although people may be reading for an hour.
func (l *loop) trimLater() {
	if l.trim != nil {
		l.trim.Reset(trimAfter)
		return
	}
	timer, stop := time.NewTimer(trimAfter), l.stop
	l.trim = timer
	l.work.Go(func() {
		defer timer.Stop()
		for {
			select {
			case <-timer.C:
				debug.FreeOSMemory()
			case <-stop.Done():
				return
			}
		}
	})
}
