module roost.example/lab/agent

go 1.25
