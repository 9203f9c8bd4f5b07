package devserver

// edited takes new settings up, or lets those before hold and shows what is
// wrong with the new ones until that is mended.
func (d *decision) edited(ev edited) {
	all, news := newsFirst(ev.Problems, d.Problems[fromConfig])
	d.Problems[fromConfig] = ev.Problems
	d.reports = append(d.reports, tellSettings{
		File: ev.File, Applied: ev.Applied, Later: ev.Later, Problems: all, News: news,
	})
	if len(ev.Problems) > 0 {
		return
	}
	d.Rollback = ev.Rollback
	if c := ev.Change; c.Go || c.Restart || len(c.Web) > 0 {
		c.At = ev.At
		d.noticed(c)
	}
}
