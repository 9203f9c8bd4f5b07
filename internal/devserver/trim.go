package devserver

import (
	"runtime/debug"
	"time"
)

// restful is for how long nothing must have been built before memory is given
// back: long enough not to be in the way of the next save.
const restful = 2 * time.Second

// trimLater gives back to the system, once nothing was built for a while, what
// bundling left: several times of what it keeps, which Go would hold on to for
// the next build although people may be reading for an hour.
func (s *server) trimLater() {
	if s.trim != nil {
		s.trim.Reset(restful)
		return
	}
	s.trim = time.NewTimer(restful)
	s.work.Go(func() {
		defer s.trim.Stop()
		for {
			select {
			case <-s.trim.C:
				debug.FreeOSMemory()
			case <-s.stop.Done():
				return
			}
		}
	})
}
