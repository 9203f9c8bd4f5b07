package process

import "time"

// budget allows something a number of times within any period.
type budget struct {
	limit int
	per   time.Duration
	spent []time.Time // within the last period, oldest first
}

// take spends one at now, or returns how long to wait before it can be spent.
func (b *budget) take(now time.Time) (wait time.Duration) {
	for len(b.spent) > 0 && now.Sub(b.spent[0]) >= b.per {
		b.spent = b.spent[1:]
	}
	if len(b.spent) < b.limit {
		b.spent = append(b.spent, now)
		return 0
	}
	return b.per - now.Sub(b.spent[0])
}
