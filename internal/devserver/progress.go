package devserver

import (
	"sync"
	"time"

	"github.com/calendsync/devtool/internal/policy"
)

// noticeable is how long a step may take before anybody is told that it goes
// on. After that they are told ever more rarely.
const noticeable = time.Second

// attend tells that a step goes on for as long as it does; done ends that.
func (n narrator) attend(step string) (done func()) {
	begun := time.Now()
	ended := make(chan struct{})
	var teller sync.WaitGroup
	teller.Go(func() {
		for wait := noticeable; ; wait *= 2 {
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
				n.tell(policy.Progress{Step: step, Took: policy.Millis(time.Since(begun))})
			case <-ended:
				timer.Stop()
				return
			}
		}
	})
	return func() {
		close(ended)
		teller.Wait()
	}
}
