package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// tick is the unit of times in /proc/<pid>/stat, on every architecture of Go.
const tick = 10 * time.Millisecond

// treeCPU is the time that a process, what descends from it and what these
// have waited for spent so far.
func treeCPU(pid int) time.Duration {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	spent := map[int]time.Duration{}
	children := map[int][]int{}
	for _, path := range stats {
		content, err := os.ReadFile(path)
		if err != nil {
			continue // it ended, and its parent has the sum
		}
		id, parent, cpu := parseStat(content)
		spent[id] = cpu
		children[parent] = append(children[parent], id)
	}
	var sum time.Duration
	for todo := []int{pid}; len(todo) > 0; todo = todo[1:] {
		sum += spent[todo[0]]
		todo = append(todo, children[todo[0]]...)
	}
	return sum
}

// parseStat reads the ids, and the times of the process and of the children it
// has waited for. Its name comes first and may contain anything.
func parseStat(content []byte) (pid, parent int, cpu time.Duration) {
	name := bytes.LastIndexByte(content, ')')
	id, _, _ := bytes.Cut(content, []byte(" "))
	fields := bytes.Fields(content[name+1:])
	const state, times = 3, 14 // as proc_pid_stat(5) counts
	number := func(field []byte) int {
		n, _ := strconv.Atoi(string(field))
		return n
	}
	for _, field := range fields[times-state : times-state+4] {
		cpu += time.Duration(number(field)) * tick
	}
	return number(id), number(fields[1]), cpu
}
