module example.com/api

go 1.26.0

require example.com/kit v0.0.0
