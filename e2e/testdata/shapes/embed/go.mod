module example.com/admin

go 1.26.0
