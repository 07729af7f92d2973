lesson.answer("00-2", "the ReplicaSet controller")
