package devserver

import (
	"sync"
	"time"

	"github.com/calendsync/devtool/internal/policy"
)

// progressAfter is how long a step may take before people are told that it is
// still running. Further reports follow at growing intervals.
const progressAfter = time.Second

// attend tells people that a step is still running, until done is called.
func (n narrator) attend(step string) (done func()) {
	begun := time.Now()
	ended := make(chan struct{})
	var teller sync.WaitGroup
	teller.Go(func() {
		for wait := progressAfter; ; wait *= 2 {
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
