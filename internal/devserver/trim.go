package devserver

import (
	"runtime/debug"
	"time"
)

// trimAfter is how long after the last build memory is given back. It is long
// enough not to delay the next save.
const trimAfter = 2 * time.Second

// trimLater gives memory back to the system when nothing has been built for a
// while. Bundling leaves several times as much garbage as live memory, which Go
// would keep for the next build, perhaps an hour later.
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
