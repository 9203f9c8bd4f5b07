module example.com/sides/backend

go 1.26.0
